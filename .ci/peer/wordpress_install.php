<?php
// Installs WordPress in the folder that is named, if it is not yet, and prints a new application
// password of its user `board`.
define('WP_INSTALLING', true);
$_SERVER['HTTP_HOST'] = '127.0.0.1';
$_SERVER['SERVER_PROTOCOL'] = 'HTTP/1.1';
$_SERVER['REQUEST_METHOD'] = 'GET';
require $argv[1] . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
add_filter('pre_wp_mail', '__return_true');
if (!is_blog_installed()) {
    wp_install('Job board of the peers', 'board', 'board@lab.test', true, '', wp_generate_password());
}
update_option('template', 'plain');
update_option('stylesheet', 'plain');
update_option('permalink_structure', '/%postname%/');
update_option('home', WP_HOME);
update_option('siteurl', WP_SITEURL);
flush_rewrite_rules();
$user = get_user_by('login', 'board');
WP_Application_Passwords::delete_all_application_passwords($user->ID);
[$password] = WP_Application_Passwords::create_new_application_password(
    $user->ID,
    ['name' => 'handbill']
);
echo $password;
