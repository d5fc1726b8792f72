/** What a colour means. Each is always joined by words, mostly by an icon too. */
export type Tone = 'calm' | 'late' | 'soon' | 'device' | 'county' | 'look';
