import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router'
import { SCREENS } from './screens.js'
import { parseSearch, stringifySearch } from './shell/address.js'
import { Frame } from './shell/frame.js'
import { Broken, Loading, NotFound } from './shell/standing.js'

const root = createRootRoute({ component: Frame, notFoundComponent: NotFound })

const routes = SCREENS.map(({ path, load }) =>
  createRoute({ getParentRoute: () => root, path, component: lazyRouteComponent(load, 'Screen') }),
)

export const router = createRouter({
  routeTree: root.addChildren(routes),
  parseSearch,
  stringifySearch,
  defaultErrorComponent: Broken,
  defaultPendingComponent: Loading,
  // The code of a screen is asked for when a pointer comes near its link.
  defaultPreload: 'intent',
  scrollRestoration: true,
})
