// From spans in code points to pieces of text that a page can mark.
"use strict";

(() => {
  const segmenter = globalThis.Intl?.Segmenter && new Intl.Segmenter(undefined);

  // A function from a place in code points, as the data has it, to one in UTF-16 units, which
  // JavaScript counts: they part behind each emoji and each rarer Chinese character.
  finerweb.units = (text) => {
    const starts = [];
    let unit = 0;
    for (const letter of text) {
      starts.push(unit);
      unit += letter.length;
    }
    starts.push(unit);
    return unit === starts.length - 1 ? (place) => place : (place) => starts[place];
  };

  // Where the letter that a place is inside of starts or ends: a mark that cuts it would tear a
  // vowel sign, or a part of an emoji, from what it belongs to.
  const whole = (text, unit, isEnd) => {
    if (!segmenter || unit <= 0 || unit >= text.length) return unit;
    const letter = segmenter.segment(text).containing(unit);
    if (letter.index === unit) return unit;
    return isEnd ? letter.index + letter.segment.length : letter.index;
  };

  // The spans with their places in the text (`from`, `to`), whether these are wider than the span,
  // and the lane of each: spans that overlap are underlined in different ones.
  finerweb.place = (text, spans) => {
    const unit = finerweb.units(text);
    const placed = spans.map((span) => {
      const exact = [unit(span.start), unit(span.end)];
      const from = whole(text, exact[0], false);
      const to = whole(text, exact[1], true);
      return { ...span, from, to, isWider: from !== exact[0] || to !== exact[1] };
    });
    placed.sort((a, b) => a.from - b.from || b.to - a.to);
    const ends = [];
    for (const span of placed) {
      const free = ends.findIndex((end) => end <= span.from);
      span.lane = free < 0 ? ends.length : free;
      ends[span.lane] = span.to;
    }
    return placed;
  };

  // The text in pieces, each with the spans that cover it whole, the shortest last.
  finerweb.pieces = (text, placed) => {
    const cuts = new Set([0, text.length, ...placed.flatMap((span) => [span.from, span.to])]);
    const places = [...cuts].sort((a, b) => a - b);
    const pieces = [];
    let open = [];
    let next = 0;
    for (let i = 0; i + 1 < places.length; i++) {
      const [from, to] = [places[i], places[i + 1]];
      open = open.filter((span) => span.to > from);
      while (next < placed.length && placed[next].from === from) open.push(placed[next++]);
      const spans = [...open].sort((a, b) => b.to - b.from - (a.to - a.from));
      pieces.push({ text: text.slice(from, to), from, to, spans });
    }
    return pieces;
  };

  // One of ten colours: the commonest types have their own, the others by their letters.
  finerweb.hue = (type) => {
    const rank = finerweb.data.site.top_types.indexOf(type);
    if (rank >= 0 && rank < 10) return rank;
    let sum = 0;
    for (const letter of type) sum = (sum * 31 + letter.codePointAt(0)) % 9973;
    return sum % 10;
  };
})();
