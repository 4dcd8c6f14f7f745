import { lstat, mkdir, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { fault } from '../kernel/faults.js'
import { runProgram } from './child.js'
import { type ProgramUser, programUser } from './program-user.js'

export type PostgresMajor = 15 | 16 | 17 | 18

/** Where the programs of one PostgreSQL version are. */
export interface PostgresBinaries {
  readonly major: PostgresMajor
  /** `embedded` comes from npm and has initdb, pg_ctl and postgres only; `debian` is the system's package with all tools. */
  readonly origin: 'embedded' | 'debian'
  /** The folder of the programs. */
  readonly bin: string
  /** What `postgres --version` says, for instance 18.4. */
  readonly version: string
}

export interface FindPostgresOptions {
  /** The folder whose node_modules (or those above it) are searched for the npm packages. */
  readonly from: string
  /** A folder that the servers' user can reach: binaries that they cannot run where they are get copied there. See serverFolder. */
  readonly folder: string
  /** Only this origin. Default: embedded before debian. */
  readonly origin?: PostgresBinaries['origin']
  /** Who will run them. Default: programUser(). */
  readonly as?: ProgramUser | undefined
}

/**
 * Finds the programs of a PostgreSQL version and makes sure that their user can run them: missing library links are put back, and
 * binaries in an unreachable place are copied. Throws PROGRAM_MISSING when the version is not installed.
 */
export async function findPostgres(major: PostgresMajor, options: FindPostgresOptions): Promise<PostgresBinaries> {
  const as = options.as ?? (await programUser())
  const wants = (origin: PostgresBinaries['origin']): boolean => (options.origin ?? origin) === origin
  const debian = `/usr/lib/postgresql/${major}/bin`

  const embedded = wants('embedded') ? await embeddedPackage(major, options.from) : undefined
  if (embedded) {
    const bin = await runnable(embedded, options.folder, as)
    return { major, origin: 'embedded', bin, version: await versionIn(bin, as) }
  }
  if (wants('debian') && (await exists(join(debian, 'postgres')))) {
    return { major, origin: 'debian', bin: debian, version: await versionIn(debian, as) }
  }
  const places = [...(wants('embedded') ? [`node_modules/pg-bin-${major}`] : []), ...(wants('debian') ? [debian] : [])]
  throw fault('PROGRAM_MISSING', { program: `PostgreSQL ${major}`, places })
}

interface EmbeddedPackage {
  readonly native: string
  readonly version: string
}

async function embeddedPackage(major: PostgresMajor, from: string): Promise<EmbeddedPackage | undefined> {
  const root = join(from, 'node_modules', `pg-bin-${major}`)
  const native = join(root, 'native')
  if (await exists(join(native, 'bin', 'postgres'))) {
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string }
    return { native, version }
  }
  return dirname(from) === from ? undefined : embeddedPackage(major, dirname(from))
}

async function runnable({ native, version }: EmbeddedPackage, folder: string, as: ProgramUser | undefined): Promise<string> {
  // When npm's files are read-only for us, a missing link shows as a program that does not run, and a copy is made.
  await restoreLinks(native).catch(() => {})
  if (await runs(join(native, 'bin'), as)) return join(native, 'bin')

  const copy = join(folder, `postgresql-${version}`)
  if (!(await runs(join(copy, 'bin'), as))) await copyTree(native, copy)
  return join(copy, 'bin')
}

/** npm packages cannot hold symbolic links, so the package lists them; an installation without scripts leaves them out. */
async function restoreLinks(tree: string): Promise<void> {
  const links = JSON.parse(await readFile(join(tree, 'pg-symlinks.json'), 'utf8')) as readonly { source: string; target: string }[]
  for (const { source, target } of links) {
    const path = join(tree, relative('native', target))
    if (await lstat(path).catch(() => undefined)) continue
    await symlink(relative(dirname(target), source), path)
  }
}

async function copyTree(from: string, to: string): Promise<void> {
  const draft = `${to}.copy`
  await rm(draft, { recursive: true, force: true })
  await mkdir(draft)
  const entries = (await readdir(from)).map((entry) => join(from, entry))
  await runProgram(['/bin/cp', '-dR', '--preserve=mode', '--', ...entries, draft])
  // An installation under a strict umask is closed to everyone else, and so would be its copy.
  await runProgram(['/bin/chmod', '-R', 'a+rX,go-w', '--', draft])
  await restoreLinks(draft)
  await rm(to, { recursive: true, force: true })
  await rename(draft, to)
}

async function runs(bin: string, as: ProgramUser | undefined): Promise<boolean> {
  // Asked of a program that runs as that user: the one that changes into it still has root's capabilities when it starts the next.
  const { status: reachable } = await runProgram(['/usr/bin/test', '-x', join(bin, 'postgres')], { as, tolerant: true })
  if (reachable !== 0) return false
  const { status } = await runProgram([join(bin, 'postgres'), '--version'], { as, tolerant: true }).catch(() => ({ status: undefined }))
  return status === 0
}

async function versionIn(bin: string, as: ProgramUser | undefined): Promise<string> {
  const { stdout } = await runProgram([join(bin, 'postgres'), '--version'], { as })
  return /\d+(\.\d+)+|\d+\w+/.exec(stdout)?.[0] ?? stdout.trim()
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )
