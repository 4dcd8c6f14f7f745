import { runCompiled } from './run-compiled.mjs'

await runCompiled({ folder: 'bench', noun: 'suite', orms: 'orm' })
