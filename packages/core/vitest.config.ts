import { defineConfig } from "vitest/config"
import { shared } from "../../vitest.shared.ts"

// Core is pure, so its test files can share the modules they load, which is half of their time.
export default defineConfig({ test: { ...shared, isolate: false } })
