import type { ScreenLine } from './shell/screen-line.js'

// One line per screen, merged line by line (.gitattributes): whoever adds a screen adds its folder and its line, and touches nothing else.
// biome-ignore format: one line per screen
export const SCREENS: readonly ScreenLine[] = [
  { path: '/', name: 'Overview', nav: 10, load: () => import('./screens/overview/overview.js') },
  { path: '/sign-in', name: 'Sign in', load: () => import('./screens/sign-in/sign-in.js') },
]
