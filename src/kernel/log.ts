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

/** All connection strings in a text, with their passwords taken out. Once done, it changes nothing more. */
export const redactUrls = (text: string): string => text.replace(/\b[a-z][a-z0-9+.-]{0,40}:\/\/[^\s"'`]+/gi, redactOne)

// Up to the last @: a password that was not encoded may hold one itself.
const redactOne = (url: string): string => redactUrl(url.replace(/^([a-z][a-z0-9+.-]*:\/\/[^:@/]*):.*@/i, '$1:***@'))
