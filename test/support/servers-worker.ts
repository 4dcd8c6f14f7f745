import { afterAll } from 'vitest'
import { removeFolders } from './folders.js'

// Runs in every test worker: one whose vitest was killed would otherwise go on testing, with nobody to report to.
process.once('disconnect', () => process.exit(1))

// Files of tests share the modules of their worker, where a hook beside a helper is heard by the first of them only. This one runs for each.
afterAll(removeFolders)
