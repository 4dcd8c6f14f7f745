import { build } from './build.mjs'
import { buildConsole } from './build-console.mjs'
import { sayFailure } from './say.mjs'

try {
  await Promise.all([build({}), buildConsole({})])
} catch (error) {
  sayFailure(error)
  process.exitCode = 1
}
