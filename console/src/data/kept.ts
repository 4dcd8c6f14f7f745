const PREFIX = 'tenantry.of.'

// What is encoded has no slash: what is of `anna` begins as nothing of `anna.smith` does.
const keyOf = (actor: string, name: string): string => `${PREFIX}${encodeURIComponent(actor)}/${name}`

/** What this browser keeps for somebody, and nobody else: it is gone when they sign out, or another signs in. Undefined when there is nothing. */
export function readKept(actor: string, name: string): unknown {
  try {
    return JSON.parse(localStorage.getItem(keyOf(actor, name)) ?? 'null') ?? undefined
  } catch {
    return undefined
  }
}

/** Undefined takes it away. */
export function keep(actor: string, name: string, value: unknown): void {
  try {
    if (value === undefined) localStorage.removeItem(keyOf(actor, name))
    else localStorage.setItem(keyOf(actor, name), JSON.stringify(value))
  } catch {
    // A browser that keeps nothing, or is full, forgets it with the page.
  }
}

/** Forgets what was kept for anybody else. */
export const keepOnlyOf = (actor: string | undefined): void =>
  takeAway((key) => key.startsWith(PREFIX) && (actor === undefined || !key.startsWith(keyOf(actor, ''))))

/** Forgets all that was kept for somebody under names that begin so. */
export const forgetAll = (actor: string, start: string): void => takeAway((key) => key.startsWith(keyOf(actor, start)))

function takeAway(meant: (key: string) => boolean): void {
  try {
    for (const key of Object.keys(localStorage)) if (meant(key)) localStorage.removeItem(key)
  } catch {
    // Nothing can be kept here.
  }
}
