import { type ReactElement, useEffect, useRef, useState } from 'react'
import UPlot, { type AlignedData, type Options } from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { exactWords, tickWords } from './moment-words.js'
import { shortWords } from './number-words.js'
import { saysOf, type Values } from './series.js'

export interface Line {
  readonly label: string
  readonly values: Values
  readonly tone?: 'accent' | 'good' | 'warn' | 'bad' | 'soft'
}

export interface ChartProps {
  readonly label: string
  /** In milliseconds, ascending; each line has a value for each. */
  readonly times: readonly number[]
  readonly lines: readonly Line[]
  readonly words?: (value: number) => string
  readonly height?: number
}

/** Lines over time, with gaps where nothing is known, and the same numbers as a table for whoever does not look at lines. */
export function Chart({ label, times, lines, words = shortWords, height = 180 }: ChartProps): ReactElement {
  const place = useRef<HTMLDivElement>(null)
  const [plot, setPlot] = useState<UPlot>()
  const theme = useTheme()
  const names = lines.map((line) => `${line.label} ${line.tone ?? 'accent'}`).join('\n')

  // biome-ignore lint/correctness/useExhaustiveDependencies: made anew when what is drawn is another thing; new numbers are handed on below
  useEffect(() => {
    const element = place.current
    if (element === null) return
    const made = new UPlot(optionsOf(element, lines, words, height), dataOf(times, lines), element)
    setPlot(made)
    const watching = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }))
    watching.observe(element)
    return () => {
      watching.disconnect()
      made.destroy()
    }
  }, [names, height, theme])
  useEffect(() => plot?.setData(dataOf(times, lines)), [plot, times, lines])

  return (
    <figure className="min-w-0">
      <figcaption className="mb-1 flex flex-wrap items-baseline gap-x-3">
        <span className="font-medium">{label}</span>
        {lines.map((line) => (
          <span className="flex items-center gap-1 text-xs text-soft" key={line.label}>
            <span aria-hidden="true" className="h-0.5 w-3" style={{ background: `var(--color-${line.tone ?? 'accent'})` }} />
            {line.label}
            <span className="sr-only">: {saysOf(line.values, words)}</span>
          </span>
        ))}
      </figcaption>
      <div aria-hidden="true" className="w-full" ref={place} style={{ height }} />
      <Numbers label={label} lines={lines} times={times} words={words} />
    </figure>
  )
}

function Numbers({ label, times, lines, words }: Required<Pick<ChartProps, 'label' | 'times' | 'lines' | 'words'>>): ReactElement {
  const [open, setOpen] = useState(false)
  return (
    <details className="text-xs" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="w-fit text-soft hover:text-ink">Numbers</summary>
      {open ? (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is to be reached by the keyboard
        <section aria-label={`${label}, numbers`} className="max-h-48 overflow-auto" tabIndex={0}>
          <table className="w-full text-right">
            <thead>
              <tr>
                <th className="text-left font-medium" scope="col">
                  Time
                </th>
                {lines.map((line) => (
                  <th className="font-medium" key={line.label} scope="col">
                    {line.label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {times.map((time, index) => (
                <tr className="border-t border-line" key={time}>
                  <th className="text-left font-normal whitespace-nowrap" scope="row">
                    {exactWords(time)}
                  </th>
                  {lines.map((line) => {
                    const value = line.values[index]
                    return <td key={line.label}>{value === null || value === undefined ? 'unknown' : words(value)}</td>
                  })}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      ) : null}
    </details>
  )
}

const dataOf = (times: readonly number[], lines: readonly Line[]): AlignedData => [
  times.map((time) => time / 1_000),
  ...lines.map((line) => times.map((_, index) => line.values[index] ?? null)),
]

// Steps that are round in the units of the words: 16 MiB, not 19.1 MiB.
const BINARY = Array.from({ length: 60 }, (_, power) => 2 ** power)

function optionsOf(element: HTMLElement, lines: readonly Line[], words: (value: number) => string, height: number): Options {
  const colour = colourIn(element)
  const [soft, faint] = [colour('soft'), colour('line')]
  const axis = { stroke: soft, font: '11px system-ui', grid: { stroke: faint, width: 1 }, ticks: { show: false } }
  return {
    width: Math.max(1, element.clientWidth),
    height,
    legend: { show: false },
    cursor: { points: { size: 6 }, drag: { x: false, y: false } },
    scales: { y: { range: (_, low, high) => [Math.min(0, low), high <= 0 ? 1 : high * 1.05] } },
    axes: [
      { ...axis, size: 26, values: (_, ticks, __, ___, apartS) => ticks.map((tick) => tickWords(tick * 1_000, apartS * 1_000)) },
      { ...axis, size: 60, values: (_, ticks) => ticks.map(words), ...(words(1_024).includes('KiB') ? { incrs: BINARY } : {}) },
    ],
    series: [
      {},
      ...lines.map((line) => ({
        label: line.label,
        stroke: colour(line.tone ?? 'accent'),
        width: 1.5,
        spanGaps: false,
        points: { show: false },
      })),
    ],
  }
}

/** A canvas knows no variables: the colour is asked of an element that has it. */
const colourIn =
  (element: HTMLElement) =>
  (name: string): string => {
    const probe = document.createElement('span')
    probe.style.color = `var(--color-${name})`
    element.append(probe)
    const { color } = getComputedStyle(probe)
    probe.remove()
    return color
  }

/** Changes when the page goes from light to dark or back. */
function useTheme(): number {
  const [turns, setTurns] = useState(0)
  useEffect(() => {
    const turn = () => setTurns((before) => before + 1)
    const [media, watching] = [matchMedia('(prefers-color-scheme: dark)'), new MutationObserver(turn)]
    media.addEventListener('change', turn)
    watching.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] })
    return () => {
      media.removeEventListener('change', turn)
      watching.disconnect()
    }
  }, [])
  return turns
}
