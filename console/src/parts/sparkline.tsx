import type { ReactElement } from 'react'
import { saysOf, sparkPath, type Values } from './series.js'

export interface SparklineProps {
  readonly values: Values
  readonly label: string
  readonly words?: (value: number) => string
  readonly width?: number
  readonly height?: number
}

/** A line without axes, beside the figure that it belongs to. */
export const Sparkline = ({ values, label, words = String, width = 120, height = 28 }: SparklineProps): ReactElement => (
  <svg
    aria-label={`${label}: ${saysOf(values, words)}`}
    className="block text-accent"
    fill="none"
    height={height}
    preserveAspectRatio="none"
    role="img"
    viewBox={`0 0 ${width} ${height}`}
    width={width}
  >
    <path
      d={sparkPath(values, { width, height, pad: 2 })}
      stroke="currentColor"
      strokeLinecap="round"
      strokeLinejoin="round"
      strokeWidth={1.5}
      vectorEffect="non-scaling-stroke"
    />
  </svg>
)
