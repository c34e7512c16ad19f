import { busyMain } from "./busy-main.ts"
import { control } from "./control.ts"
import { echo } from "./echo.ts"
import { history } from "./history.ts"
import { lines } from "./lines.ts"
import { mainStall } from "./main-stall.ts"
import { many } from "./many.ts"
import type { Scenario } from "./Scenario.ts"
import { slowReader } from "./slow-reader.ts"
import { spawnLatency } from "./spawn-latency.ts"
import { spawnRate } from "./spawn-rate.ts"
import { spawnStall } from "./spawn-stall.ts"
import { throughput } from "./throughput.ts"
import { transform } from "./transform.ts"

export const scenarios = {
  "spawn-rate": spawnRate,
  "spawn-latency": spawnLatency,
  "spawn-stall": spawnStall,
  "main-stall": mainStall,
  throughput,
  lines,
  transform,
  echo,
  many,
  "slow-reader": slowReader,
  "busy-main": busyMain,
  history,
  control
} satisfies Readonly<Record<string, Scenario>>

export type ScenarioName = keyof typeof scenarios

export const scenarioNames = Object.keys(scenarios) as ReadonlyArray<ScenarioName>
