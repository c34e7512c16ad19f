#!/usr/bin/env node
/**
 * The entry. What it loads is kept in compiled form for the next time, in a directory of its user's: it takes half as long then.
 */
import { enableCompileCache } from "node:module"
import { homedir } from "node:os"
import { join } from "node:path"

const { XDG_CACHE_HOME: cache } = process.env
enableCompileCache(join(cache?.startsWith("/") === true ? cache : join(homedir(), ".cache"), "spawnbroker"))
await import("./command-line.ts")
