import { mount } from 'svelte';
import { App } from './app.svelte';
import Window from './Window.svelte';
import { currentPlatform } from './lib/platform';
import './styles/app.css';

const target = document.getElementById('app');
if (target) mount(Window, { target, props: { app: new App(currentPlatform()) } });
