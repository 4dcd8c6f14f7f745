import { now } from './clock.js'

const REST_MS = 60_000

let seen = now()
const note = (): void => {
  seen = now()
}
for (const event of ['pointerdown', 'pointermove', 'keydown', 'wheel'] as const) {
  document.addEventListener(event, note, { capture: true, passive: true })
}

/** Has somebody touched this page within the last minute? */
export const isAtWork = (): boolean => now() - seen < REST_MS
