import type { ReactElement } from 'react'
import { bytesWords, countWords } from './number-words.js'

const UNKNOWN = <span className="text-soft">–</span>

/** A size in a word; to the byte for whoever points at it. */
export const Bytes = ({ of }: { readonly of: number | null | undefined }): ReactElement =>
  of === null || of === undefined ? (
    UNKNOWN
  ) : (
    <data className="whitespace-nowrap" title={`${countWords(of)} bytes`} value={of}>
      {bytesWords(of)}
    </data>
  )

export const Count = ({ of }: { readonly of: number | null | undefined }): ReactElement =>
  of === null || of === undefined ? UNKNOWN : <data value={of}>{countWords(of)}</data>
