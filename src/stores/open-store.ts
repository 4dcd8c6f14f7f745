import type { KeyProvider } from '../kernel/key-provider.js'
import type { Secrets } from '../kernel/secrets.js'
import { ageProvider } from './age-provider.js'
import { openFolderStore } from './folder-store.js'
import { type KeyStore, openKeyStore } from './key-store.js'
import type { ObjectStore } from './object-store.js'
import type { KeysPlace, ProviderPlace, StorePlace } from './place.js'
import { openS3Store } from './s3-store.js'
import { secretsProvider } from './secrets-provider.js'

/** Looks at nothing yet: what is wrong with the place is told at the first use. */
export function openStore(place: StorePlace, secrets: Secrets): ObjectStore {
  return 'folder' in place ? openFolderStore(place.folder) : openS3Store(place, secrets)
}

function openProvider(place: ProviderPlace, secrets: Secrets): KeyProvider {
  if ('own' in place) return place.own
  return 'age' in place ? ageProvider(place.age, secrets) : secretsProvider(place.secrets, secrets)
}

/** The key store as the configuration names it. */
export function openKeys({ provider, former, store, copies }: KeysPlace, secrets: Secrets): KeyStore {
  return openKeyStore({
    provider: openProvider(provider, secrets),
    former: former.map((one) => openProvider(one, secrets)),
    store: openStore(store, secrets),
    copies: copies.map((one) => openStore(one, secrets)),
  })
}
