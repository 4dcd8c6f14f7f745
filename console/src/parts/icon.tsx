import type { ReactElement } from 'react'

// Drawn for this console: 16 × 16, lines of 1.5, round ends.
const DRAWN = {
  activity: 'M1.5 8h3l2-5 3 10 2-5h3',
  alert: 'M8 2 14.5 13.5h-13zM8 6.5v3M8 11.6v.01',
  archive: 'M2 3h12v3H2zM3 6v7.5h10V6M6.5 9h3',
  back: 'M9.5 3.5 5 8l4.5 4.5',
  bolt: 'M9 1.5 3 9h4l-.5 5.5L13 7H8.5z',
  check: 'M3 8.5 6.5 12 13 4.5',
  close: 'M4 4l8 8M12 4l-8 8',
  cluster: 'M2.5 2.5h11v4h-11zM2.5 9.5h11v4h-11zM5 4.5v.01M5 11.5v.01',
  columns: 'M2.5 3h11v10h-11zM6.2 3v10M9.8 3v10',
  copy: 'M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3',
  code: 'M5 4.5 1.5 8 5 11.5M11 4.5 14.5 8 11 11.5',
  database:
    'M8 2c3.3 0 5.5.9 5.5 2S11.3 6 8 6 2.5 5.1 2.5 4 4.7 2 8 2zM2.5 4v8c0 1.1 2.2 2 5.5 2s5.5-.9 5.5-2V4M2.5 8c0 1.1 2.2 2 5.5 2s5.5-.9 5.5-2',
  down: 'M4 6.5 8 10.5l4-4',
  download: 'M8 2v8M4.5 7 8 10.5 11.5 7M2.5 13.5h11',
  external: 'M9.5 2.5h4v4M13.5 2.5 8 8M12 9.5v4H2.5V4h4',
  filter: 'M2 3.5h12M4.5 8h7M7 12.5h2',
  forward: 'M6.5 3.5 11 8l-4.5 4.5',
  gear: 'M8 10.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4zM8 1.5v2M8 12.5v2M1.5 8h2M12.5 8h2M3.4 3.4l1.4 1.4M11.2 11.2l1.4 1.4M12.6 3.4l-1.4 1.4M4.8 11.2l-1.4 1.4',
  globe: 'M8 14a6 6 0 1 0 0-12 6 6 0 0 0 0 12zM2 8h12M8 2c2 2 2.5 4 2.5 6S10 12 8 14c-2-2-2.5-4-2.5-6S6 4 8 2z',
  home: 'M2 7.5 8 2.5l6 5M3.5 6.5v7h9v-7M6.5 13.5v-4h3v4',
  info: 'M8 14a6 6 0 1 0 0-12 6 6 0 0 0 0 12zM8 7.5v3.5M8 5v.01',
  key: 'M5 13.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM6.8 9.2 13.5 2.5M11 5l2 2M9 7l1.5 1.5',
  list: 'M5.5 4h8M5.5 8h8M5.5 12h8M2.5 4v.01M2.5 8v.01M2.5 12v.01',
  lock: 'M3.5 7h9v6.5h-9zM5.5 7V5a2.5 2.5 0 0 1 5 0v2',
  more: 'M3.5 8v.01M8 8v.01M12.5 8v.01',
  moon: 'M13.5 9.5A6 6 0 0 1 6.5 2.5a6 6 0 1 0 7 7z',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  play: 'M5 3l7.5 5L5 13z',
  plus: 'M8 3v10M3 8h10',
  refresh: 'M13.5 8A5.5 5.5 0 1 1 11.8 4M12 1.5V4.5H9',
  search: 'M7 12a5 5 0 1 0 0-10 5 5 0 0 0 0 10zM10.6 10.6 14 14',
  shield: 'M8 1.8 13.5 4v4c0 3-2.2 5.2-5.5 6.2C4.7 13.2 2.5 11 2.5 8V4z',
  sorted: 'M4.5 9.5 8 6l3.5 3.5',
  sun: 'M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1.1 1.1M11.9 11.9 13 13M13 3l-1.1 1.1M4.1 11.9 3 13',
  tenants: 'M2.5 13.5V5L8 2l5.5 3v8.5zM6 13.5v-3h4v3M6 7.5v.01M10 7.5v.01',
  terminal: 'M2 3h12v10H2zM4.5 6l2 2-2 2M8.5 10.5h3',
  trash: 'M2.5 4h11M6 4V2.5h4V4M4 4l.6 9.5h6.8L12 4',
  user: 'M8 7.5a2.7 2.7 0 1 0 0-5.4 2.7 2.7 0 0 0 0 5.4zM2.8 14c.5-2.8 2.5-4.2 5.2-4.2s4.7 1.4 5.2 4.2',
} as const

export type IconName = keyof typeof DRAWN

/** Decoration beside words; whatever has an icon alone is given a name by its button. */
export const Icon = ({
  name,
  size = 16,
  className = '',
}: {
  readonly name: IconName
  readonly size?: number
  readonly className?: string
}): ReactElement => (
  <svg
    aria-hidden="true"
    className={`shrink-0 ${className}`}
    fill="none"
    focusable="false"
    height={size}
    stroke="currentColor"
    strokeLinecap="round"
    strokeLinejoin="round"
    strokeWidth={name === 'more' ? 2.2 : 1.5}
    viewBox="0 0 16 16"
    width={size}
  >
    <path d={DRAWN[name]} />
  </svg>
)
