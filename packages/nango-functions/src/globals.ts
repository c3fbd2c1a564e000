/**
 * What Nango's runner leaves out. It runs functions in a context with `Buffer`, `setTimeout`, `URL` and the language alone,
 * while Effect and core use a little more of what every JavaScript platform has. Imported before anything else.
 */

const provide = (name: string, make: () => unknown): void => {
  if (name in globalThis) return
  Object.defineProperty(globalThis, name, { value: make(), configurable: true, writable: true })
}

provide("clearTimeout", () => (timer: { readonly close?: () => unknown } | undefined) => {
  // Node's timers can be closed without the function that the runner leaves out.
  timer?.close?.()
})

provide(
  "TextEncoder",
  () =>
    class {
      encode(text = ""): Uint8Array {
        return new Uint8Array(Buffer.from(text, "utf8"))
      }
    }
)

provide(
  "TextDecoder",
  () =>
    class {
      decode(bytes: Uint8Array = new Uint8Array()): string {
        return Buffer.from(bytes).toString("utf8")
      }
    }
)

provide("btoa", () => (text: string) => Buffer.from(text, "latin1").toString("base64"))
