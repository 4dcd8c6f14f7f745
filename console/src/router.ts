import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router'
import { SCREENS } from './screens.js'
import { parseSearch, stringifySearch } from './shell/address.js'
import { Gate } from './shell/session.js'
import { Broken, Loading, NotFound } from './shell/standing.js'

const root = createRootRoute({ component: Gate, notFoundComponent: NotFound })

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
