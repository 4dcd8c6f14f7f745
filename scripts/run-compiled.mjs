import { readdirSync } from 'node:fs'
import { build } from './build.mjs'
import { buildConsole } from './build-console.mjs'
import { runChild } from './children.mjs'
import { installPackages } from './install.mjs'
import { installDebian } from './install-debian.mjs'
import { underLifeline } from './lifeline.mjs'
import { prepareOrms } from './orms.mjs'
import { inRoot, ROOT } from './paths.mjs'
import { say, sayFailure } from './say.mjs'

/**
 * Compiles everything and runs one program of a folder, named by the first argument; the other arguments are the program's. `orms` names the one that
 * needs the libraries under test.
 */
export async function runCompiled({ folder, noun, orms }) {
  const [name, ...rest] = process.argv.slice(2)
  const names = programsIn(folder)
  if (!names.includes(name)) {
    say(`${name === undefined ? `which ${noun}?` : `no ${noun} "${name}"`}\n  → ${names.join(', ') || `there is none in ${folder} yet`}`)
    process.exitCode = 2
    return
  }
  await underLifeline(async (signal) => {
    try {
      await installPackages({ production: false, signal })
      if (name === orms) await prepareOrms({ signal })
      const refused = name === 'console' ? await installDebian(['chromium'], { signal }) : []
      if (refused.length > 0) say(`no Chromium: ${refused[0].reason}`)
      await Promise.all([
        build({ signal, ...(name === orms ? { project: 'tsconfig.orms.json' } : {}) }),
        ...(name === 'console' ? [buildConsole({ signal })] : []),
      ])
      const { status } = await runChild([process.execPath, inRoot('.build', folder, `${name}.js`), ...rest], { signal, cwd: ROOT })
      return status
    } catch (error) {
      sayFailure(error)
      return 1
    }
  })
}

function programsIn(folder) {
  return readdirSync(inRoot(folder), { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !/\.(test|d)\.ts$/.test(entry.name))
    .map((entry) => entry.name.slice(0, -'.ts'.length))
    .sort()
}
