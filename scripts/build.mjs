import { createHash } from 'node:crypto'
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runChild } from './children.mjs'
import { inRoot, ROOT } from './paths.mjs'
import { during, failure } from './say.mjs'

const SOURCES = ['src', 'examples', 'bench', 'test']

/** Compiles what changed since the last good build of the project (a tsconfig file; default: all of them). Does nothing when nothing changed. */
export async function build({ project = 'tsconfig.json', signal } = {}) {
  const record = inRoot('.build', `${project.replace(/\.json$/, '')}.built`)
  const state = stateOfSources()
  const outputsExist = existsSync(inRoot('dist', 'index.js'))
  if (outputsExist && readIfPresent(record) === state) return

  mkdirSync(inRoot('.build'), { recursive: true })
  linkSources()
  rmSync(record, { force: true })
  // The compiler trusts its own notes and does not see that somebody removed what it wrote.
  const flags = outputsExist ? [] : ['--force']
  const { status, output } = await during('compiling', () =>
    runChild([process.execPath, inRoot('node_modules', 'typescript', 'bin', 'tsc'), '-b', project, ...flags], {
      signal,
      stdio: 'capture',
      cwd: ROOT,
    }),
  )
  if (signal?.aborted) throw failure('the compilation was interrupted', 'run the same command again')
  if (status !== 0) {
    process.stderr.write(output)
    throw failure('the sources do not compile', 'correct the lines above')
  }
  writeFileSync(record, state)
}

/**
 * Compiled programs of .build import ../src; the compiled src is dist, and there must be one copy of each module. What imports the libraries under test
 * finds them beside itself.
 */
function linkSources() {
  link(['.build', 'src'], join('..', 'dist'))
  link(['.build', 'test', 'orms', 'node_modules'], join('..', '..', '..', 'test', 'orms', 'node_modules'))
}

function link(place, target) {
  if (lstatSync(inRoot(...place), { throwIfNoEntry: false })?.isSymbolicLink()) return
  rmSync(inRoot(...place), { force: true })
  mkdirSync(inRoot(...place.slice(0, -1)), { recursive: true })
  symlinkSync(target, inRoot(...place))
}

/** Paths, sizes and times of everything that the compiler reads. */
function stateOfSources() {
  const hash = createHash('sha256').update(process.version)
  const configs = readdirSync(ROOT).filter((name) => /^(tsconfig.*|package-lock)\.json$/.test(name))
  for (const path of [...configs, ...SOURCES.flatMap((folder) => filesIn(folder))].sort()) {
    const { mtimeMs, size } = statSync(inRoot(path))
    hash.update(`${path}\0${mtimeMs}\0${size}\n`)
  }
  return hash.digest('hex')
}

function filesIn(folder) {
  if (!existsSync(inRoot(folder))) return []
  return readdirSync(inRoot(folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : filesIn(path)
    return entry.isFile() && /\.tsx?$/.test(entry.name) && !entry.name.endsWith('.test.ts') ? [path] : []
  })
}

function readIfPresent(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined
}
