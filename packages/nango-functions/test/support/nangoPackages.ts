/** The packages that Nango's runner-sdk brings along, so that clients, answers and errors are those a function sees. */
import { createRequire } from "node:module"
import type { NangoActionBase } from "@nangohq/runner-sdk"

/** Nango's client, as functions have it. */
export type NangoClient = NangoActionBase["nango"]

/** Nango's proxy; a value of this type is what functions get, and its answers are axios'. */
declare const proxy: NangoActionBase["proxy"]

/** The part of a request that the proxy decides about. */
export interface AxiosRequest {
  readonly method: string
  readonly url: string
  readonly headers: Record<string, string>
  readonly data?: unknown
  readonly params?: object
  readonly responseType?: string
}

const ofRunner = createRequire(createRequire(import.meta.url).resolve("@nangohq/runner-sdk"))
const client: { Nango: new (config: { host: string; secretKey: string }) => NangoClient } = ofRunner("@nangohq/node")
// What axios exports for CommonJS is its default instance.
const axios: { request<T>(config: AxiosRequest): ReturnType<typeof proxy<T>> } = createRequire(
  ofRunner.resolve("@nangohq/node")
)("axios")

/** Nango's client of the API at `host`. */
export const clientOf = (host: string): NangoClient => new client.Nango({ host, secretKey: "none" })

/** Sends a request; rejects with axios' own error for a status of 400 and more, and when there is no answer. */
export const request = <T>(config: AxiosRequest): ReturnType<typeof proxy<T>> => axios.request<T>(config)
