import { describe, inject, test } from 'vitest'
import './global-setup.js'
import type { EngineName, TestServer } from './servers.js'

/** A server that global set-up has started. Suites that need just one take embedded-18. */
export function testServer(engine: EngineName = 'embedded-18'): TestServer {
  const server = inject('tenantry').servers[engine]
  if (!server) throw new Error(`no server ${engine}: ${whyMissing(engine)}`)
  return server
}

/** Undefined when the engine is there. */
export function whyMissing(engine: EngineName | 'pgbouncer'): string | undefined {
  return inject('tenantry').missing[engine]
}

/** The same suite on several engines. One that is missing shows as a skipped test that says why. */
export function describeOn(engines: readonly EngineName[], name: string, body: (server: TestServer) => void): void {
  for (const engine of engines) {
    const reason = whyMissing(engine)
    if (reason === undefined) describe(`${name} (${engine})`, () => body(testServer(engine)))
    else test.skip(`${name} (${engine}): ${reason}`)
  }
}
