// oneLine is a text as it can be kept: what breaks a line, or makes room like a tab, is a space, and what is not seen is gone. Pasted texts are full of both, and the server
// refuses them: nobody could find what is wrong. The two joiners stay: scripts and emoji need them.
export const oneLine = (text: string) => text.replace(/[\t\n\v\f\r\u2028\u2029]/g, ' ').replace(/[\u115f\u1160\u3164\uffa0\u2800]|(?![\u200c\u200d])[\p{Cc}\p{Cf}]/gu, '');
