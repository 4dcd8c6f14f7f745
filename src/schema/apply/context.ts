export type { FormContext as ApplyContext, FormTarget as Target, LedgerEntry as Entry } from '../forms/target.js'
