import { build } from './build.mjs'
import { buildConsole } from './build-console.mjs'
import { installPackages } from './install.mjs'
import { underLifeline } from './lifeline.mjs'
import { sayFailure } from './say.mjs'

await underLifeline(async (stopSignal) => {
  try {
    await installPackages({ production: true, signal: stopSignal })
    await Promise.all([build({ project: 'tsconfig.examples.json', signal: stopSignal }), buildConsole({ signal: stopSignal })])
    const { main } = await import('../.build/examples/pos/start.js')
    return await main(process.argv.slice(2), { stopSignal })
  } catch (error) {
    sayFailure(error)
    return stopSignal.aborted ? 130 : 1
  }
})
