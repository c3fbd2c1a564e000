/** Colour and glyphs for every component below, chosen once from the environment. */
import { Text } from "ink"
import type { ReactNode } from "react"
import { createContext, useContext } from "react"
import type { Glyphs } from "../plain/Glyphs.ts"
import * as GlyphSets from "../plain/Glyphs.ts"

/** What components need to know about the terminal. */
export interface Theme {
  readonly color: boolean
  readonly glyphs: Glyphs
}

export const ThemeContext = createContext<Theme>({ color: false, glyphs: GlyphSets.of({}) })

/** The theme in force. */
export const useTheme = (): Theme => useContext(ThemeContext)

const tones = { good: "green", bad: "red", warn: "yellow", accent: "cyan", faint: "gray" } as const

/** Text in a tone; plain where colour is not wanted, so the words must carry the meaning. */
export const Tint = ({
  bold = false,
  children,
  tone
}: {
  readonly tone?: keyof typeof tones
  readonly bold?: boolean
  readonly children: ReactNode
}) => {
  const { color } = useTheme()
  return (
    <Text bold={bold && color} {...(color && tone !== undefined ? { color: tones[tone] } : {})}>
      {children}
    </Text>
  )
}
