// Runs in a page: what is wrong with it as far as a machine can see. The last expression is the answer.
;(() => {
  const faults = []
  const root = document.documentElement
  const numbers = colour => (colour.match(/[\d.]+/g) ?? []).map(Number)
  const light = colour => {
    const [r, g, b] = colour.slice(0, 3).map(part => {
      const share = part / 255
      return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const contrast = (a, b) => {
    const [x, y] = [light(a), light(b)]
    return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05)
  }
  const groundOf = element => {
    for (let at = element; at; at = at.parentElement) {
      const colour = numbers(getComputedStyle(at).backgroundColor)
      if (colour.length === 3 || (colour[3] ?? 0) > 0.5) return colour
    }
    return [255, 255, 255]
  }
  const say = (text, fault) => faults.push(`“${text.trim().slice(0, 40)}” ${fault}`)
  for (const element of document.querySelectorAll('body *:not(svg *)')) {
    const own = [...element.childNodes].some(node => node.nodeType === 3 && node.textContent.trim() !== '')
    if (!own) continue
    const style = getComputedStyle(element)
    const found = contrast(numbers(style.color), groundOf(element))
    if (found < 4.5) say(element.textContent ?? '', `has a contrast of ${found.toFixed(1)}`)
  }
  for (const picture of document.querySelectorAll('svg')) {
    const frame = picture.getBoundingClientRect()
    const title = picture.querySelector('title')?.textContent ?? ''
    const texts = [...picture.querySelectorAll('text')]
      .filter(text => text.textContent.trim() !== '')
      .map(text => ({ text, box: text.getBoundingClientRect(), name: text.textContent }))
    const turned = text => /rotate\((?!0)/.test(text.getAttribute('transform') ?? '')
    const unit = frame.width / (picture.viewBox.baseVal.width || frame.width)
    for (const { text, box, name } of texts) {
      const beyond = Math.max(frame.left - box.left, box.right - frame.right, frame.top - box.top, box.bottom - frame.bottom) // prettier-ignore
      if (beyond > 2) say(name, `is cut off by ${beyond.toFixed(0)} px in ${title}`)
      const size = Number.parseFloat(getComputedStyle(text).fontSize) * unit
      if (size < 8) say(name, `is ${size.toFixed(1)} px high in ${title}`)
    }
    for (const [i, a] of texts.entries()) {
      for (const b of texts.slice(i + 1)) {
        if (turned(a.text) && turned(b.text)) continue // their boxes cross, they do not
        const across = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left)
        const down = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top)
        if (across > 3 && down > 3) say(a.name, `lies over “${b.name.trim().slice(0, 40)}” in ${title}`)
      }
    }
  }
  return { overflow: root.scrollWidth - root.clientWidth, faults: [...new Set(faults)] }
})()
