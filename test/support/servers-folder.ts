import { chmod, lstat, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { programUser } from '../../src/programs/program-user.js'
import { canEnter } from '../../src/programs/server-folder.js'

const PREFIX = 'tenantry-test-'

/** A new folder for the files of test servers, which their user can reach. What killed runs have left behind is removed on the way. */
export async function makeServersFolder(): Promise<string> {
  const user = await programUser()
  for (const place of new Set([tmpdir(), '/tmp', '/var/tmp'])) {
    if (!(await canEnter(place, user))) continue
    await removeAbandoned(place)
    const folder = await mkdtemp(join(place, PREFIX))
    if (user) await chmod(folder, 0o755)
    await writeFile(join(folder, 'owner'), await identity(process.pid))
    return folder
  }
  return mkdtemp(join(tmpdir(), PREFIX))
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
