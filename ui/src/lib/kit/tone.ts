/** What a colour means: `data-tone` on an element gives it (base.css). Each is always joined by words, mostly by an icon too. */
export type Tone = 'calm' | 'late' | 'soon' | 'device' | 'county' | 'look';
