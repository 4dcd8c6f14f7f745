import { build } from './build.mjs'
import { checkConsole } from './build-console.mjs'
import { installPackages } from './install.mjs'
import { underLifeline } from './lifeline.mjs'
import { prepareOrms } from './orms.mjs'
import { sayFailure } from './say.mjs'

// Everything, and every door against the own types of the library that it is for.
await underLifeline(async (signal) => {
  try {
    await installPackages({ production: false, signal })
    await prepareOrms({ signal })
    await Promise.all([build({ signal }), checkConsole({ signal })])
    await build({ project: 'tsconfig.orms.json', signal })
    return 0
  } catch (error) {
    sayFailure(error)
    return 1
  }
})
