import { Link, Navigate, Outlet, useMatches } from '@tanstack/react-router'
import { lazy, type ReactNode, type RefObject, Suspense, useEffect, useRef, useState } from 'react'
import { useMay } from '../data/may.js'
import { refusalOf } from '../data/refusal.js'
import { useWho } from '../data/session.js'
import { PageHead } from '../parts/page.js'
import { Refused } from '../parts/refusal.js'
import { SCREENS } from '../screens.js'
import { ConnectionBanner } from './banner.js'
import { GlassBanner } from './glass.js'
import { useListening } from './hearing.js'
import { NAV_GROUPS, type ScreenLine } from './screen-line.js'
import { useShortcuts } from './shortcuts.js'
import { chooseTheme, type Theme, useTheme } from './theme.js'
import { Toasts } from './toasts.js'
import { WhoIsHere } from './who.js'

const Palette = lazy(async () => ({ default: (await import('./palette.js')).Palette }))
const ShortcutList = lazy(async () => ({ default: (await import('./shortcut-list.js')).ShortcutList }))

/** What stands around every screen: where one can go, what is heard, what was done. */
export function Frame(): ReactNode {
  useListening()
  const [open, setOpen] = useState<'palette' | 'shortcuts'>()
  useShortcuts({ onPalette: () => setOpen('palette'), onList: () => setOpen('shortcuts') })
  const match = useMatches({ select: (matches) => matches.at(-1) })
  const line = SCREENS.find(({ path }) => path === match?.fullPath)
  const main = useTitleAndFocus(line?.name, match)
  return (
    <div className="flex min-h-screen flex-col md:flex-row">
      <a href="#main" className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:bg-card focus:p-2">
        Skip to the page
      </a>
      <header className="flex shrink-0 flex-col gap-4 border-b border-line bg-card p-3 md:sticky md:top-0 md:h-screen md:w-52 md:overflow-y-auto md:border-r md:border-b-0">
        <Link to="/" className="px-2 text-base font-semibold">
          Tenantry
        </Link>
        <button
          type="button"
          onClick={() => setOpen('palette')}
          aria-keyshortcuts="Control+K Meta+K"
          className="flex justify-between rounded border border-edge px-2 py-1 text-left text-soft hover:bg-hover"
        >
          <span>Go to, find…</span>
          <kbd className="font-mono text-xs">Ctrl K</kbd>
        </button>
        <Navigation />
        <div className="mt-auto grid grid-cols-1 gap-3">
          <ThemeChoice />
          <WhoIsHere />
        </div>
      </header>
      <div className="flex min-w-0 flex-1 flex-col">
        <ConnectionBanner />
        <GlassBanner />
        <main id="main" ref={main} tabIndex={-1} className="min-w-0 flex-1 p-4 outline-none md:p-6">
          <Shown line={line} />
        </main>
      </div>
      <Toasts />
      <Suspense>
        {open === 'palette' && <Palette onClose={() => setOpen(undefined)} />}
        {open === 'shortcuts' && <ShortcutList onClose={() => setOpen(undefined)} />}
      </Suspense>
    </div>
  )
}

/** The screen; whoever may see nothing of it is told so, and whoever has one tenant begins there. */
function Shown({ line }: { readonly line: ScreenLine | undefined }): ReactNode {
  const [why, who] = [useMay(line?.of), useWho()]
  if (line === undefined || why === undefined) return <Outlet />
  if (line.path === '/' && who?.tenant != null)
    return <Navigate params={{ tenant: who.tenant } as never} replace to={'/tenants/$tenant' as never} />
  return (
    <>
      <PageHead title={line.name} />
      <Refused why={why} />
    </>
  )
}

function Navigation(): ReactNode {
  const who = useWho()
  return (
    <nav aria-label="Screens" className="flex flex-wrap gap-x-6 gap-y-3 md:flex-col">
      {NAV_GROUPS.map(({ from, name }) => {
        const screens = inNavigation(from).filter(({ of }) => of === undefined || refusalOf(of, who) === undefined)
        if (screens.length === 0) return undefined
        return (
          <section key={name} aria-label={name}>
            <h2 className="px-2 text-xs text-soft">{name}</h2>
            <ul className="mt-1">
              {screens.map((screen) => (
                <li key={screen.path}>
                  <Link
                    to={screen.path}
                    activeOptions={{ exact: screen.path === '/', includeSearch: false }}
                    className="block rounded px-2 py-1 hover:bg-hover aria-[current=page]:bg-accent-wash aria-[current=page]:font-medium aria-[current=page]:text-accent"
                  >
                    {screen.name}
                  </Link>
                </li>
              ))}
            </ul>
          </section>
        )
      })}
    </nav>
  )
}

const inNavigation = (from: number): readonly ScreenLine[] =>
  SCREENS.filter(({ nav = -1 }) => nav >= from && nav < from + 10).toSorted((a, b) => a.nav! - b.nav!)

const THEMES: Readonly<Record<Theme, string>> = { system: 'System', light: 'Light', dark: 'Dark' }

function ThemeChoice(): ReactNode {
  const theme = useTheme()
  return (
    <label className="flex items-center justify-between gap-2 px-2 text-soft">
      Theme
      <select
        value={theme}
        onChange={({ target }) => chooseTheme(target.value as Theme)}
        className="min-w-0 flex-1 rounded border border-edge bg-card px-1 py-0.5 text-ink"
      >
        {Object.entries(THEMES).map(([value, name]) => (
          <option key={value} value={value}>
            {name}
          </option>
        ))}
      </select>
    </label>
  )
}

/** The title of the page says where one is, and whoever goes elsewhere begins at its top. */
function useTitleAndFocus(
  name: string | undefined,
  match: { readonly params: unknown; readonly pathname: string } | undefined,
): RefObject<HTMLElement | null> {
  const main = useRef<HTMLElement>(null)
  const params = Object.values((match?.params ?? {}) as Readonly<Record<string, string>>).join(' ')
  const pathname = match?.pathname
  const before = useRef(pathname)
  useEffect(() => {
    document.title = [params, name, 'Tenantry'].filter((part) => part !== undefined && part !== '').join(' · ')
  }, [params, name])
  useEffect(() => {
    if (before.current !== pathname) main.current?.focus({ preventScroll: true })
    before.current = pathname
  }, [pathname])
  return main
}
