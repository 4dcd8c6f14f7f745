import { z } from 'zod'
import type { SavedView } from '../../catalog/views.js'
import { word } from '../../engine/labels.js'

export const viewRow = z.object({
  id: z.string(),
  screen: z.string().describe('The list that it is of'),
  name: z.string(),
  query: z.string().describe('As it stands in the address of the list'),
  shared: z.boolean().describe('Others see it too'),
  mine: z.boolean().describe('Whoever asks has saved it'),
  owner: z.string().describe('Who has saved it'),
  savedAt: z.date(),
})

export const describeView = ({ id, screen, name, query, shared, owner, savedAt }: SavedView, actor: string): z.output<typeof viewRow> => ({
  id,
  screen,
  name,
  query,
  shared,
  mine: owner === actor,
  owner,
  savedAt,
})

export const screenName = word.describe('The list, such as tenants')
