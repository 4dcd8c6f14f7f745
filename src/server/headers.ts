import { createHash } from 'node:crypto'

/** On every response. There are no CORS headers: a browser page of another origin has no business here. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'X-Frame-Options': 'DENY',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cache-Control': 'no-store',
}

const NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** Nothing may be loaded or run; of styles exactly this one, if there is one. */
export const contentSecurityPolicy = (style?: string): string =>
  style === undefined ? NOTHING : `${NOTHING}; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`
