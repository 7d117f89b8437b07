import 'uplot/dist/uPlot.min.css';
import { VisuallyHidden } from '@mantine/core';
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import { money } from '../text/text';

type Money = { amount: string; currency: { code: string } };
type Month = { month: string; incoming: Money; outgoing: Money };

type Props = { months: Month[]; title: string; came: string; went: string; language: string; theme: string };

const [CAME, WENT] = ['#12b886', '#868e96']; // as in app.css
const LABEL_WIDTH = 40; // of the name of a month, at most

// isNamed leaves out names where all of them would touch: the last month always has its own.
const isNamed = (i: number, count: number, width: number) => (count - 1 - i) % Math.ceil((count * LABEL_WIDTH) / width) === 0;

// Months draws what came in and went out in each month. A table says the same to whoever does not see it (WCAG 2.2, 1.1.1).
export default function Months({ months, title, came, went, language, theme }: Props) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const box = place.current!;
    const ink = getComputedStyle(box).color;
    const bars = uPlot.paths.bars!({ size: [0.6, 40], align: 1 });
    const barsLeft = uPlot.paths.bars!({ size: [0.6, 40], align: -1 });
    const name = new Intl.DateTimeFormat(language, { month: 'short', timeZone: 'UTC' });
    const short = new Intl.NumberFormat(language, { notation: 'compact' });
    const axis = { stroke: ink, grid: { show: false } };
    const chart = new uPlot(
      {
        width: box.clientWidth, height: 160, legend: { show: false }, cursor: { show: false },
        scales: { x: { time: false, range: [-0.6, months.length - 0.4] }, y: { range: (_, low, high) => [Math.min(0, low), high * 1.1 || 1] } },
        axes: [{ ...axis, values: (u, at) => at.map((i) => (months[i] && isNamed(i, months.length, u.bbox.width / devicePixelRatio) ? name.format(new Date(months[i].month)) : '')), incrs: [1], space: 24, ticks: { show: false }, border: { show: true, stroke: ink, width: 0.5 } }, { ...axis, size: 64, ticks: { show: false }, values: (_, at) => at.map((sum) => short.format(sum)) }],
        series: [{}, { label: came, fill: CAME, width: 0, paths: barsLeft, points: { show: false } }, { label: went, fill: WENT, width: 0, paths: bars, points: { show: false } }],
      },
      [months.map((_, i) => i), months.map((m) => Number(m.incoming.amount)), months.map((m) => Number(m.outgoing.amount))],
      box,
    );
    const resize = new ResizeObserver(() => chart.setSize({ width: box.clientWidth, height: 160 }));
    resize.observe(box);
    return () => {
      resize.disconnect();
      chart.destroy();
    };
  }, [months, came, went, language, theme]);
  const last = months.at(-1)!;
  const whole = new Intl.DateTimeFormat(language, { month: 'long', year: 'numeric', timeZone: 'UTC' });
  return (
    <>
      <div ref={place} aria-hidden="true" />
      <VisuallyHidden component="div">
        <table>
          <thead><tr><th scope="col">{title}</th><th scope="col">{came}</th><th scope="col">{went}</th></tr></thead>
          <tbody>
            {months.map((m) => <tr key={m.month}><th scope="row">{whole.format(new Date(m.month))}</th><td>{money(m.incoming)}</td><td>{money(m.outgoing)}</td></tr>)}
          </tbody>
        </table>
      </VisuallyHidden>
      <p className="came-went">
        <b>{whole.format(new Date(last.month))}</b>
        <span className="came">{came}: <b className="money">{money(last.incoming)}</b></span>
        <span className="went">{went}: <b className="money">{money(last.outgoing)}</b></span>
      </p>
    </>
  );
}
