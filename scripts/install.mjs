import { createHash } from 'node:crypto'
import { existsSync, lstatSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { runChild } from './children.mjs'
import { inRoot, ROOT } from './paths.mjs'
import { during, failure } from './say.mjs'

const ORMS = inRoot('test', 'orms')

/** Of these there must be one copy: an adapter asks whether a pool is one of its own `pg`, and two copies of the types of Node.js clash. */
const SHARED = ['pg', '@types/pg', '@types/node']

/** What the tests there import by the names that applications use. */
const LINKS = { tenantry: ROOT, ...Object.fromEntries(SHARED.map((name) => [name, inRoot('node_modules', name)])) }

/**
 * Brings node_modules to what package-lock.json says, by `npm ci`, and does nothing when it is there already. A production installation
 * holds what running and building need; a full one satisfies both.
 */
export async function installPackages({ production, signal }) {
  await bringTo({ folder: ROOT, production, flags: production ? ['--omit=dev'] : [], signal })
}

/** The libraries whose doors are under test, from a lockfile of their own. No script of theirs runs. The packages of the project must be there. */
export async function installOrms({ signal } = {}) {
  await bringTo({ folder: ORMS, production: false, flags: ['--ignore-scripts'], signal })
  for (const [name, target] of Object.entries(LINKS)) {
    const path = join(ORMS, 'node_modules', name)
    if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) continue
    rmSync(path, { recursive: true, force: true })
    symlinkSync(relative(dirname(path), target), path)
  }
  // The example applications find there what their package.json would name.
  const apps = inRoot('examples', 'apps', 'node_modules')
  if (!lstatSync(apps, { throwIfNoEntry: false })) symlinkSync(relative(dirname(apps), join(ORMS, 'node_modules')), apps)
}

async function bringTo({ folder, production, flags, signal }) {
  const lock = createHash('sha256')
    .update(readFileSync(join(folder, 'package-lock.json')))
    .digest('hex')
  const mode = production ? 'production' : 'full'
  const recorded = readRecord(folder)
  if (recorded?.lock === lock && (recorded.mode === 'full' || recorded.mode === mode)) return
  if (matchesLock({ folder, production })) return writeRecord(folder, { lock, mode })

  rmSync(recordOf(folder), { force: true })
  const command = ['ci', ...flags]
  const where = folder === ROOT ? '' : ` in ${relative(ROOT, folder)}`
  const { status, output } = await during(`installing packages (npm ${command.join(' ')}${where})`, () =>
    runChild([...npm(), ...command, '--no-audit', '--no-fund', '--no-progress'], { signal, stdio: 'capture', cwd: folder }),
  )
  if (signal?.aborted) throw failure('the installation was interrupted', 'run the same command again')
  if (status !== 0) {
    process.stderr.write(essence(output))
    throw npmFailure(output)
  }
  writeRecord(folder, { lock, mode })
}

const recordOf = (folder) => join(folder, 'node_modules', '.tenantry-install')

/** The npm that started us, else the one on the search path. */
function npm() {
  const path = process.env.npm_execpath
  return path !== undefined && basename(path).startsWith('npm') && existsSync(path) ? [process.execPath, path] : ['npm']
}

function readRecord(folder) {
  try {
    return JSON.parse(readFileSync(recordOf(folder), 'utf8'))
  } catch {
    return undefined
  }
}

function writeRecord(folder, record) {
  mkdirSync(join(folder, 'node_modules'), { recursive: true })
  writeFileSync(recordOf(folder), JSON.stringify(record))
}

/** Did somebody run `npm ci` by hand? npm's own list of what it installed tells. */
function matchesLock({ folder, production }) {
  let installed
  try {
    installed = JSON.parse(readFileSync(join(folder, 'node_modules', '.package-lock.json'), 'utf8')).packages
  } catch {
    return false
  }
  const { packages } = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8'))
  return Object.entries(packages)
    .filter(([path, wanted]) => path !== '' && !(production && wanted.dev) && isForThisMachine(wanted))
    .every(([path, wanted]) => installed[path]?.version === wanted.version)
}

function isForThisMachine({ os, cpu, libc }) {
  const fits = (allowed, mine) => allowed === undefined || allowed.includes(mine)
  return fits(os, process.platform) && fits(cpu, process.arch) && fits(libc, 'glibc')
}

/** npm explains all its options when something is wrong; its first lines hold what. */
function essence(output) {
  const lines = output
    .split('\n')
    .filter((text) => /\w/.test(text.replace(/^npm (error|warn|notice)/, '')) && !text.startsWith('npm notice'))
  return `${lines.slice(0, 15).join('\n')}\n`
}

const NPM_FAILURES = [
  [
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH/,
    'the package registry cannot be reached',
    'check the network and `npm config get registry`, then try again',
  ],
  [/E401|E403|ENEEDAUTH/, 'the package registry refuses us', 'check the login that your .npmrc holds for it'],
  [
    /E404|ETARGET|notarget/,
    'the package registry does not have one of the packages',
    'check `npm config get registry`; the lines above name the package',
  ],
  [/EUSAGE|in sync/, 'package.json and package-lock.json do not belong together', 'run `npm install` and commit both'],
  [/ENOSPC/, 'the disk is full', 'make room, then try again'],
  [/EACCES|EPERM|EROFS/, 'a folder is not writable', 'the lines above name it; make it yours, then try again'],
  [/EBADENGINE|Unsupported engine/, `Node.js ${process.version} does not fit`, 'install the version that package.json names under engines'],
  [/EINTEGRITY/, 'a package arrived damaged', 'run `npm cache clean --force`, then try again'],
  [/(?:)/, 'npm ci failed', 'the lines above have its reason'],
]

function npmFailure(output) {
  const [, cause, remedy] = NPM_FAILURES.find(([pattern]) => pattern.test(output))
  return failure(`packages were not installed: ${cause}`, remedy)
}
