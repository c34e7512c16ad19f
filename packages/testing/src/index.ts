/** The harness of the conformance suites, and the suites. */
export { spawnerSuite } from "./conformance/spawner.ts"
export { brokered } from "./effect-process/brokered.ts"
export { effectProcessSuite } from "./effect-process/suite.ts"
export {
  connect,
  eventually,
  fixture,
  host,
  node,
  spawnFixture,
  spawnScript,
  stderrText,
  stdoutText,
  temporaryDirectory,
  type TestClient,
  testPolicy,
  waitForLine
} from "./harness.ts"
export {
  bearing,
  type Census,
  descendants,
  launcher,
  living,
  openFiles,
  processes,
  type ProcessFacts,
  residentBytes,
  takeCensus
} from "./leaks.ts"
