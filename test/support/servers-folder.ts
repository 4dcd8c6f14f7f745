import { chmod, lstat, mkdtemp, readdir, readFile, rm, statfs, writeFile } from 'node:fs/promises'
import { freemem, tmpdir } from 'node:os'
import { join } from 'node:path'
import { programUser } from '../../src/programs/program-user.js'
import { canEnter } from '../../src/programs/server-folder.js'

const PREFIX = 'tenantry-test-'

const IN_MEMORY = '/dev/shm'
const ROOMY_BYTES = 8 * 2 ** 30

/**
 * A new folder for the files of test servers, which their user can reach. What killed runs have left behind is removed on the way. In memory, where there
 * is plenty: for servers that write much and need not keep it; what is measured belongs on a disk.
 */
export async function makeServersFolder(where: 'on disk' | 'in memory' = 'on disk'): Promise<string> {
  const user = await programUser()
  const inMemory = where === 'in memory' && (await isRoomy()) ? [IN_MEMORY] : []
  for (const place of new Set([...inMemory, tmpdir(), '/tmp', '/var/tmp'])) {
    if (!(await canEnter(place, user))) continue
    await removeAbandoned(place)
    const folder = await mkdtemp(join(place, PREFIX))
    if (user) await chmod(folder, 0o755)
    await writeFile(join(folder, 'owner'), await identity(process.pid))
    return folder
  }
  return mkdtemp(join(tmpdir(), PREFIX))
}

async function isRoomy(): Promise<boolean> {
  const { bavail, bsize } = await statfs(IN_MEMORY).catch(() => ({ bavail: 0, bsize: 0 }))
  return bavail * bsize > ROOMY_BYTES && freemem() > 2 * ROOMY_BYTES
}

async function removeAbandoned(place: string): Promise<void> {
  const folders = (await readdir(place)).filter((name) => name.startsWith(PREFIX)).map((name) => join(place, name))
  for (const folder of folders) {
    if ((await lstat(folder)).uid !== process.getuid?.()) continue
    const owner = await readFile(join(folder, 'owner'), 'utf8').catch(() => '')
    if (owner !== '' && owner !== (await identity(Number(owner.split(' ')[0])))) await rm(folder, { recursive: true, force: true })
  }
}

/** A process number together with the time it was started at, since numbers come back. */
async function identity(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return `${pid} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`
}
