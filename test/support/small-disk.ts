import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, statfs, unlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { programUser } from '../../src/programs/program-user.js'
import type { OwnServer } from './own-server.js'

const run = promisify(execFile)
const PREFIX = 'tenantry-disk-'

/** A disk of its own, in memory, that can be filled up. */
export interface SmallDisk {
  /** Empty, and of the servers' user: fit for a tablespace. */
  readonly folder: string
  /** Leaves so much room and no more; called again, it makes room or takes more. */
  readonly leave: (bytes: number) => Promise<void>
  /** The server must have stopped. */
  readonly close: () => Promise<void>
}

/** Why there can be none; undefined when there can. */
export async function whyNoSmallDisk(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'only root may mount'
  const folder = await mkdtemp('/tmp/tenantry-mount-')
  try {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder])
    await run('umount', [folder])
    return undefined
  } catch (error) {
    return `this machine does not let tmpfs be mounted: ${(error as Error).message.trim()}`
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

export async function openSmallDisk(server: OwnServer, bytes: number): Promise<SmallDisk> {
  await unmountAbandoned()
  const user = await programUser()
  const folder = await mkdtemp(join(dirname(server.folder), `${PREFIX}${process.pid}-`))
  await run('mount', ['-t', 'tmpfs', '-o', `size=${bytes},mode=0700,uid=${user?.uid ?? 0},gid=${user?.gid ?? 0}`, 'tmpfs', folder])
  const ballast = join(folder, 'ballast')
  return {
    folder,
    leave: async (left) => {
      await unlink(ballast).catch(() => {})
      const { bavail, bsize } = await statfs(folder)
      const size = bavail * bsize - left
      // The server writes meanwhile: what no longer has room for the ballast is as full as it was to be.
      if (size > 0) await writeFile(ballast, Buffer.alloc(size)).catch(unlessFull)
    },
    close: async () => {
      await run('umount', [folder])
      await rm(folder, { recursive: true })
    },
  }
}

/** Those of processes that were killed. */
async function unmountAbandoned(): Promise<void> {
  for (const line of (await readFile('/proc/mounts', 'utf8')).split('\n')) {
    const folder = line.split(' ')[1] ?? ''
    const owner = new RegExp(`/${PREFIX}(\\d+)-[^/]*$`).exec(folder)?.[1]
    if (owner === undefined || (await readFile(`/proc/${owner}/stat`).catch(() => undefined)) !== undefined) continue
    await run('umount', ['--lazy', folder])
    await rm(folder, { recursive: true, force: true })
  }
}

function unlessFull(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOSPC') throw error
}
