import '@fontsource-variable/atkinson-hyperlegible-next/wght.css';
import './lib/tokens.css';
import './lib/base.css';
import './lib/kit/chips.css';
import './lib/kit/sheet.css';
import { mount } from 'svelte';
import App from './App.svelte';
import { getLocale } from '$lib/paraglide/runtime.js';

document.documentElement.lang = getLocale();
const target = document.getElementById('app');
if (!target) throw new Error('the page has no place for the app');
mount(App, { target });
