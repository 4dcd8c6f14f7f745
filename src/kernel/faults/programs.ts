import { row } from './row.js'

/** Other people's programs, and the folders that they work in. */
export const PROGRAM_FAULTS = {
  PROGRAM_MISSING: row(
    500,
    1,
    false,
    (f: { program: string; places: readonly string[] }) => `${f.program} is not installed; looked in ${f.places.join(', ')}`,
    () => 'install the packages of this project again, or the package of your system that holds it',
  ),
  PROGRAM_FAILED: row(
    500,
    1,
    false,
    (f: { program: string; reason: string }) => `${f.program} failed: ${f.reason}`,
    () => 'correct the cause and run it again',
  ),
  PROGRAM_TIMEOUT: row(
    500,
    1,
    true,
    (f: { program: string; timeoutMs: number }) => `${f.program} did not finish within ${f.timeoutMs} ms and was killed`,
    () => 'look at the load of the machine and at its disks, then try again',
  ),
  DATA_DIRECTORY_IN_USE: row(
    500,
    6,
    false,
    (f: { directory: string; pid: number }) => `another PostgreSQL (process ${f.pid}) runs on ${f.directory}`,
    (f) => `stop it first, for instance with: kill -INT ${f.pid}`,
  ),
  FOLDER_UNUSABLE: row(
    500,
    1,
    false,
    (f: { folder: string; reason: string }) => `the folder ${f.folder} cannot be used: ${f.reason}`,
    () => 'make it writable, or use a checkout in another place',
  ),
  PORT_UNAVAILABLE: row(
    500,
    1,
    true,
    (f: { tried: number }) => `no free port on 127.0.0.1 after ${f.tried} attempts`,
    () => 'stop some servers, or name a free port',
  ),
  SETTING_INVALID: row(
    400,
    2,
    false,
    (f: { setting: string; reason: string }) => `${f.setting}: ${f.reason}`,
    () => 'correct the setting',
  ),
} as const
