// Runs in every test worker: one whose vitest was killed would otherwise go on testing, with nobody to report to.
process.once('disconnect', () => process.exit(1))
