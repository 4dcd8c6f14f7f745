import { afterComment, beginsComment } from './sql-comments.js'

// Of what may stand in a word: a digit behind one of these is no number.
const WORD = /[\p{L}\p{N}_$]/uy
const NUMBER = /(?:0[xX][\da-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?)/y
const PARAMETER = /\$\d+/y
const DOLLAR = /\$(?:[\p{L}_][\p{L}\p{N}_]*)?\$/uy

const at = (pattern: RegExp, text: string, place: number): string | undefined => {
  pattern.lastIndex = place
  return pattern.exec(text)?.[0]
}

/**
 * A statement with parameters in place of its constants, as pg_stat_statements numbers them, and without its comments. What was cut off in the middle of a
 * constant goes to the end. What is normalised already stays as it is.
 */
export function withoutConstants(text: string): string {
  let next = Math.max(0, ...[...text.matchAll(/\$(\d{1,6})/g)].map(([, n]) => Number(n))) + 1
  let out = ''
  for (let place = 0; place < text.length; ) {
    const here = text[place]!
    let end: number | undefined
    if (beginsComment(text, place)) {
      place = afterComment(text, place)
      out += ' '
      continue
    }
    if (here === '"') {
      end = afterQuoted(text, place, '"', false)
      out += text.slice(place, end)
      place = end
      continue
    }
    if (here === "'") end = afterQuoted(text, place, "'", false)
    else if (/^(?:[eEbBxXnN]'|[uU]&')/.test(text.slice(place, place + 3)))
      end = afterQuoted(text, place + (here === 'u' || here === 'U' ? 2 : 1), "'", here === 'e' || here === 'E')
    else if (here === '$') {
      const parameter = at(PARAMETER, text, place)
      const tag = parameter === undefined ? at(DOLLAR, text, place) : undefined
      if (tag !== undefined) {
        const close = text.indexOf(tag, place + tag.length)
        end = close < 0 ? text.length : close + tag.length
      } else {
        out += parameter ?? here
        place += (parameter ?? here).length
        continue
      }
    } else {
      const number = at(NUMBER, text, place)
      if (number !== undefined) end = place + number.length
    }
    if (end !== undefined) {
      out += `$${next++}`
      place = end
    } else {
      // A word goes as one: what is in it is no constant.
      let stop = place + 1
      if (at(WORD, text, place) !== undefined) while (stop < text.length && at(WORD, text, stop) !== undefined) stop++
      out += text.slice(place, stop)
      place = stop
    }
  }
  return out
}

/** Behind the closing quote; the end, where it was cut off. A doubled quote is one of what it quotes. */
function afterQuoted(text: string, open: number, quote: string, escapes: boolean): number {
  for (let place = open + 1; place < text.length; place++) {
    if (escapes && text[place] === '\\') place++
    else if (text[place] === quote) {
      if (text[place + 1] !== quote) return place + 1
      place++
    }
  }
  return text.length
}
