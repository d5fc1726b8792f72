/** Runs in the page: what can be pressed, but offers a finger less than 48 by 48 pixels. Links within a sentence may. */
export function tooSmall() {
  const LEAST = 48;
  const all = document.querySelectorAll('a[href], button, input, select, textarea, [role=switch]');
  const inSentence = (one) => getComputedStyle(one).display === 'inline';
  const isAt = (one, x, y) => {
    const hit = document.elementFromPoint(x, y);
    return hit !== null && (one === hit || one.contains(hit) || hit.contains(one.labels?.[0] ?? document) || (one.labels?.[0]?.contains(hit) ?? false));
  };
  return [...all]
    .filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.disabled && !one.closest('[inert], [aria-hidden=true]') && !inSentence(one))
    .filter((one) => {
      const box = one.getBoundingClientRect();
      // Hidden until it has the focus, or behind a dialog.
      if (!isAt(one, box.x + box.width / 2, box.y + box.height / 2)) return false;
      // What is drawn smaller may be felt larger: the edges of a square around its middle decide.
      const [x, y, reach] = [box.x + box.width / 2, box.y + box.height / 2, LEAST / 2 - 1];
      const wide = box.width >= LEAST || (isAt(one, x - reach, y) && isAt(one, x + reach, y));
      const high = box.height >= LEAST || (isAt(one, x, y - reach) && isAt(one, x, y + reach));
      return !wide || !high;
    })
    .map((one) => {
      const { width, height } = one.getBoundingClientRect();
      return `${one.getAttribute('aria-label') ?? one.innerText.trim() ?? one.id} (${one.tagName.toLowerCase()}, ${Math.round(width)} x ${Math.round(height)})`;
    });
}

/** Runs in the page: the buttons to save and the places of the app that the news lies upon. */
export function covered() {
  const news = document.querySelector('[data-testid=toast]');
  if (!news) return ['there is none'];
  const { left, right, top, bottom } = news.getBoundingClientRect();
  return [...document.querySelectorAll('.primary, nav a')]
    .filter((one) => one.checkVisibility({ visibilityProperty: true }))
    .filter((one) => {
      const box = one.getBoundingClientRect();
      return box.left < right && box.right > left && box.top < bottom && box.bottom > top;
    })
    .map((one) => one.innerText.trim());
}

/** Runs in the page: the places of the app whose names take two lines, or end in dots, when each has a dozen things waiting. */
export function cutShort() {
  const count = document.querySelector('nav .count');
  const counts = [...document.querySelectorAll('nav a')].flatMap((place) => {
    if (!count || place.querySelector('.count')) return [];
    return [place.appendChild(count.cloneNode(true))];
  });
  const dozens = [...document.querySelectorAll('nav .count > [aria-hidden]')].map(({ firstChild }) => [firstChild, firstChild.nodeValue]);
  for (const [text] of dozens) text.nodeValue = '12';
  const short = [...document.querySelectorAll('nav .label')]
    .filter((one) => one.checkVisibility({ visibilityProperty: true }))
    .filter((one) => one.scrollWidth > one.clientWidth || one.offsetHeight > 2 * parseFloat(getComputedStyle(one).fontSize))
    .map((one) => one.innerText.trim());
  for (const one of counts) one.remove();
  for (const [text, was] of dozens) text.nodeValue = was;
  return short;
}
