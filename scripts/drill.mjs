import { runCompiled } from './run-compiled.mjs'

await runCompiled({ folder: 'test/drills', noun: 'drill', orms: 'orms' })
