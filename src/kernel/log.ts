/** What rooms below the surfaces may say: structured facts, never secrets. The surfaces decide where it goes (pino in servers, stderr in the CLI). */
export interface Log {
  readonly info: (facts: Readonly<Record<string, unknown>>, message: string) => void
  readonly warn: (facts: Readonly<Record<string, unknown>>, message: string) => void
  readonly error: (facts: Readonly<Record<string, unknown>>, message: string) => void
}

export const silent: Log = { info: () => {}, warn: () => {}, error: () => {} }

/** A connection string with its password taken out, for messages. */
export function redactUrl(url: string): string {
  return url.replace(/^([a-z]+:\/\/[^:@/]*):[^@/]*@/i, '$1:***@').replace(/([?&]password=)[^&]*/gi, '$1***')
}
