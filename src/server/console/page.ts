import { type Asset, type Assets, answerAsset } from './assets.js'

/**
 * Of the page itself nothing may run, be drawn or asked that does not come from this server as a file, and no text becomes markup: what a tenant is called
 * stays a text, whatever it says.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ')

const YEAR_SECONDS = 31_536_000

/** A name never means another file. */
export const answerFile = (request: Request, file: Asset): Response =>
  answerAsset(request, file, { 'Cache-Control': `public, max-age=${YEAR_SECONDS}, immutable` })

export const answerPage = (request: Request, { page }: Assets): Response =>
  answerAsset(request, page, { 'Cache-Control': 'no-store', 'Content-Security-Policy': POLICY })

/** Is it a person who goes to an address, and not a program that has taken a wrong one? */
export function wantsPage(request: Request): boolean {
  if (request.method !== 'GET' && request.method !== 'HEAD') return false
  const { pathname } = new URL(request.url)
  if (/^\/(v1|assets)(\/|$)/.test(pathname)) return false
  return (request.headers.get('accept') ?? '').split(',').some((type) => type.split(';')[0]!.trim().toLowerCase() === 'text/html')
}
