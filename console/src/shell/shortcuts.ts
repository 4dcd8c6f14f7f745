import { useRouter } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { SCREENS } from '../screens.js'

// How long a letter may be waited for behind `g`.
const SECOND_KEY_MS = 1_500

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))

const inDialog = (): boolean => document.querySelector('dialog[open]') !== null

/** Keys that work everywhere; those of tables are their own. */
export function useShortcuts(does: { readonly onPalette: () => void; readonly onList: () => void }): void {
  const router = useRouter()
  const latest = useRef(does)
  latest.current = does
  useEffect(() => {
    let goes = false
    let timer: ReturnType<typeof setTimeout> | undefined
    const onKey = (event: KeyboardEvent): void => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault()
        // What is open may be the only place where a secret stands.
        if (!inDialog()) latest.current.onPalette()
        return
      }
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isTyping(event.target)) return
      if (inDialog()) return
      if (event.key === '?') {
        latest.current.onList()
        return
      }
      clearTimeout(timer)
      const screen = goes ? SCREENS.find(({ key }) => key === event.key) : undefined
      goes = event.key === 'g' && !goes
      if (goes) {
        timer = setTimeout(() => {
          goes = false
        }, SECOND_KEY_MS)
      } else if (screen !== undefined) {
        event.preventDefault()
        void router.navigate({ to: screen.path })
      }
    }
    window.addEventListener('keydown', onKey)
    return () => {
      clearTimeout(timer)
      window.removeEventListener('keydown', onKey)
    }
  }, [router])
}
