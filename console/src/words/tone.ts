/** What a colour says beside a word. */
export type Tone = 'quiet' | 'good' | 'warn' | 'bad' | 'accent'
