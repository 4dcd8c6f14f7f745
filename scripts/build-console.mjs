import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, gzip, constants as zlib } from 'node:zlib'
import { runChild } from './children.mjs'
import { inRoot, ROOT } from './paths.mjs'
import { during, failure } from './say.mjs'

const TARGET = inRoot('dist', 'console')
const LISTING = join(TARGET, 'assets.json')
const RECORD = inRoot('.build', 'console.built')
const CHECKED = inRoot('.build', 'console.checked')

const TYPES = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** Builds the console into dist/console, as it is served and published. Does nothing when nothing changed. */
export async function buildConsole({ signal } = {}) {
  const state = stateOfSources()
  if (existsSync(LISTING) && readIfPresent(RECORD) === state) return
  mkdirSync(inRoot('.build'), { recursive: true })
  rmSync(RECORD, { force: true })
  await during('building the console', async () => {
    const vite = [process.execPath, inRoot('node_modules', 'vite', 'bin', 'vite.js'), 'build', 'console', '--logLevel', 'warn']
    const { status, output } = await runChild(vite, {
      signal,
      stdio: 'capture',
      cwd: ROOT,
      env: { ...process.env, NODE_ENV: 'production' },
    })
    if (signal?.aborted) throw failure('the build of the console was interrupted', 'run the same command again')
    if (status !== 0) {
      process.stderr.write(output)
      throw failure('the console cannot be built', 'correct the lines above')
    }
    writeFileSync(LISTING, JSON.stringify(await packed()))
  })
  writeFileSync(RECORD, state)
}

/** Checks the types of the console. Does nothing when nothing changed since they were right. */
export async function checkConsole({ signal } = {}) {
  const state = stateOfSources()
  if (readIfPresent(CHECKED) === state) return
  mkdirSync(inRoot('.build'), { recursive: true })
  const tsc = [process.execPath, inRoot('node_modules', 'typescript', 'bin', 'tsc'), '-p', 'console', '--noEmit']
  const { status, output } = await during('checking the types of the console', () => runChild(tsc, { signal, stdio: 'capture', cwd: ROOT }))
  if (signal?.aborted) throw failure('the check was interrupted', 'run the same command again')
  if (status !== 0) {
    process.stderr.write(output)
    throw failure('the console does not compile', 'correct the lines above')
  }
  writeFileSync(CHECKED, state)
}

/** Compresses what was built, once and for good, and lists it: what is not in the list is not served. */
async function packed() {
  const files = readdirSync(TARGET, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(TARGET.length + 1))
    .sort()
  const entries = await Promise.all(
    files.map(async (path) => {
      const type = TYPES[extname(path)]
      if (type === undefined)
        throw failure(`the console has a file that nobody knows how to serve: ${path}`, 'name its type in scripts/build-console.mjs')
      const body = await readFile(join(TARGET, path))
      const [br, gz] = await Promise.all([
        promisify(brotliCompress)(body, { params: { [zlib.BROTLI_PARAM_QUALITY]: 9, [zlib.BROTLI_PARAM_SIZE_HINT]: body.length } }),
        promisify(gzip)(body, { level: 9 }),
      ])
      await Promise.all([writeFile(join(TARGET, `${path}.br`), br), writeFile(join(TARGET, `${path}.gz`), gz)])
      const sha256 = createHash('sha256').update(body).digest('hex')
      return [path, { type, bytes: body.length, br: br.length, gz: gz.length, sha256 }]
    }),
  )
  return Object.fromEntries(entries)
}

/** Paths, sizes and times of everything that goes into it. */
function stateOfSources() {
  const hash = createHash('sha256').update(process.version)
  const lock = 'package-lock.json'
  const own = ['scripts/build-console.mjs', 'tsconfig.base.json', lock, 'src/api.ts']
  for (const path of [...own, ...filesIn('console'), ...filesIn('src/api')].sort()) {
    const { mtimeMs, size } = statSync(inRoot(path))
    hash.update(`${path}\0${mtimeMs}\0${size}\n`)
  }
  return hash.digest('hex')
}

function filesIn(folder) {
  return readdirSync(inRoot(folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : filesIn(path)
    return entry.name.endsWith('.test.ts') ? [] : [path]
  })
}

const readIfPresent = (path) => (existsSync(path) ? readFileSync(path, 'utf8') : undefined)
