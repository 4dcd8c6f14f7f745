import { useSyncExternalStore } from 'react'

/** As the system has it, or as somebody chose. Read by before-paint.js under the same name. */
export type Theme = 'system' | 'light' | 'dark'

const PLACE = 'tenantry.theme'
const listeners = new Set<() => void>()

const chosen = (): Theme => {
  const { theme } = document.documentElement.dataset
  return theme === 'light' || theme === 'dark' ? theme : 'system'
}

export function chooseTheme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme
  try {
    if (theme === 'system') localStorage.removeItem(PLACE)
    else localStorage.setItem(PLACE, theme)
  } catch {
    // A browser that keeps nothing: until the next load.
  }
  for (const listener of listeners) listener()
}

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export const useTheme = (): Theme => useSyncExternalStore(subscribe, chosen)
