import { Writable } from 'node:stream'
import { type Io, main } from '../../src/cli/main.js'
import { newFolder } from '../support/folders.js'
import type { TestServer } from '../support/servers.js'

export interface Ran {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** A command line in a folder, with an environment of its own. */
export interface CommandLine {
  readonly folder: string
  readonly env: Record<string, string>
  readonly run: (...argv: readonly string[]) => Promise<Ran>
}

export async function commandLine(env: Record<string, string> = {}, io: Partial<Io> = {}): Promise<CommandLine> {
  const folder = await newFolder('cli')
  return {
    folder,
    env,
    run: async (...argv) => {
      const [stdout, stderr] = [sink(), sink()]
      const status = await main(argv, {
        cwd: folder,
        env,
        isTTY: { stdin: false, stdout: false, stderr: false },
        ...io,
        stdout: stdout.stream,
        stderr: stderr.stream,
      })
      return { status, stdout: stdout.text(), stderr: stderr.text() }
    },
  }
}

export function sink(): { readonly stream: Writable; readonly text: () => string } {
  let text = ''
  const stream = new Writable({
    write(chunk, _, done) {
      text += String(chunk)
      done()
    },
  })
  return { stream, text: () => text }
}

export const adminUrl = (server: TestServer, over: { readonly password?: string; readonly port?: number } = {}): string =>
  `postgres://${server.superuser}:${over.password ?? server.password}@${server.host}:${over.port ?? server.port}/postgres`
